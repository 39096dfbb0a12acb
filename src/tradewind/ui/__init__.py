"""The web UI: pages over the same functions as the API, in the same process, drawn by the server and kept up to date.

A page is a few regions of plain HTML, made by functions that take facts and return markup. NiceGUI carries them to the
browser and brings back what was clicked. What must work when that connection is gone, the kill button above all, is a
plain request to the API.
"""
