"""Our parts of Rasa's pipeline. Importing a module here imports Rasa: call `hush` of bot.dialogue.quiet first."""
