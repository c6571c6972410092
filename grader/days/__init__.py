"""The days: a folder for each exercise with its checks, hints and answers, and what a day's checks share."""
