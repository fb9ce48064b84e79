"""What each verb returns: frozen records whose fields are the keys of its JSON.

Field names are promises; paths are text as it is printed. Nothing is imported here, so that a verb
costs the making of its own classes alone.
"""
