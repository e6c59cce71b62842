import sys

import requests
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed


@retry(retry=retry_if_exception_type(requests.ConnectionError), wait=wait_fixed(0.2), stop=stop_after_attempt(4), reraise=True)
def pay(url, rupees):
    answer = requests.post(url, data=str(rupees), timeout=2)
    answer.raise_for_status()
    return answer.text.strip()


if __name__ == "__main__":
    print(pay(sys.argv[1], int(sys.argv[2])))
