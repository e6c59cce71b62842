import asyncio, concurrent.futures
async def f(n):
    await asyncio.sleep(0.01 * n)
    return n
async def main():
    print(await asyncio.gather(f(2), f(1)))
asyncio.run(main())
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    print(list(pool.map(len, ["a", "bb"])))
