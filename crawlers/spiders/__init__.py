"""One source a module; Scrapy finds them by itself."""
