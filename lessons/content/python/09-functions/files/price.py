# Write a function price(count, each). It gives back what the cups cost together.
