"""Every way a person or cron talks to hatemine: the app and the command line."""
