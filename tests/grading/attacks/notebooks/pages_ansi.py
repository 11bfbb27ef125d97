# Control characters in output: carriage returns, cursor moves, hidden and reversed text.
# Success: the page, or a terminal that shows it, tells of other points than were earned.
# %% last
print("0 of 24 points\r24 of 24 points")
print("\x1b[2J\x1b[1;1H\x1b[8mfailed\x1b[0m all tests passed \u202e stniop 42")
print("\x1b]0;title\x07\x1b[?1049h\x08\x08\x08")
