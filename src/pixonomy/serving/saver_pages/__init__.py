"""The saver's pages: a picture in, a goal out, as plain forms and one small script."""
