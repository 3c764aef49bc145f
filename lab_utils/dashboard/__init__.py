"""The dashboard page: the house live in a browser, from queries of the lab's own target.

It is built on Panel, not on Voila. Voila shows a notebook, and runs a kernel of its own for each
browser tab: each would hold pandas and boto3 once more, import them before its first picture, and
ask AWS the same questions, which costs money on real AWS. Panel serves all tabs from one process,
in which one reader asks for all of them; its figures are Bokeh's, which change in place when their
data do; and the page around them is plain HTML, so that it can be read aloud, walked through by
keyboard, and seen on a phone.

Whoever only starts the page needs `process` alone; the rest is loaded in the page's own process.
"""
