"""The commands of ``lab``; each module is loaded when its command is given."""
