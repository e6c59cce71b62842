import time
print(time.process_time() < 5, time.perf_counter() > 0, time.thread_time() < 5, time.tzname, time.strftime("%Z", time.gmtime(0)))
