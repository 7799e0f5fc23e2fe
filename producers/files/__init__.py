"""Files of messages: rows read, judged, put in, and the refused ones written out."""
