"""Helper mode: a helper fills in a dossier for the citizen beside them, who agreed to it in their own chat."""
