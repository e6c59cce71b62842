# One line: what grows in the bed, plant by plant. Some kinds grow there more than once.

flowers = input().split()

print("plants:", len(flowers))
