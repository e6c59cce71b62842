# Four lines: free seats, seats wanted, the fare for one, the money given.
# The lesson says what to print, and in which order to ask.

free = int(input())
wanted = int(input())
fare = int(input())
money = int(input())

print(f"{wanted} booked, change {money - wanted * fare}")
