# Three lines: the members of the garden club, who came on Saturday, who came on Sunday.
# Write the register as the lesson shows it.

print("members:", 0)
