import random, os, uuid, secrets
print(len({random.random(), random.random()}), len(os.urandom(4)), len(str(uuid.uuid4())), len(secrets.token_hex(4)))
