# The age, then the full fare. Children below 5 travel free. Children below 12 and
# passengers of 60 or more pay half, in whole rupees. Everybody else pays the full fare.

age = int(input())
fare = int(input())

print(fare)
