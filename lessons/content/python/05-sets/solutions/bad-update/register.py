members = set(input().title().split())
saturday = set(input().title().split())
sunday = set(input().title().split())

came = saturday | sunday

print("members:", len(members))
print("both days:", sorted(saturday & sunday))
print("one day only:", sorted(saturday ^ sunday))
print("never:", sorted(members - came))
print("guests:", sorted(came - members))
print("visits:", len(saturday) + len(sunday))
