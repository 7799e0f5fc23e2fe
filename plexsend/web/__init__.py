"""What is asked and answered over HTTP: the one door of falcon and uvicorn."""

from plexsend.extras import require

# Whatever imports a part of it: a command, or a server that was given `plexsend.web.receipts:app`.
require("web")
