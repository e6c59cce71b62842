# Write a function discount(total). It gives back how many rupees come off:
# from 500 rupees a tenth, from 200 rupees ten rupees, below that nothing.
