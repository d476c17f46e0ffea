"""People who help when the assistant should not answer alone: teams, cases, who takes them and when."""
