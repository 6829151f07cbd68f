"""The public web -> Post: a Scrapy project, with Reddit through PRAW."""
