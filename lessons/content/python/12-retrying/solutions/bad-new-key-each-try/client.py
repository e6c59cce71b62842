import sys

import requests
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential_jitter


def worth_another_try(error):
    if isinstance(error, requests.HTTPError):
        status = error.response.status_code
        return status == 429 or status >= 500
    return isinstance(error, (requests.Timeout, requests.ConnectionError))


backoff = wait_exponential_jitter(initial=0.5, max=8, jitter=0.5)


def pause(state):
    error = state.outcome.exception()
    response = getattr(error, "response", None)
    if response is not None:
        asked = response.headers.get("Retry-After", "")
        if asked.isdigit():
            return min(int(asked), 10)
    return backoff(state)


@retry(retry=retry_if_exception(worth_another_try), wait=pause, stop=stop_after_attempt(4), reraise=True)
def fetch(url):
    answer = requests.get(url, timeout=2)
    answer.raise_for_status()
    return answer.text.strip()


if __name__ == "__main__":
    print(fetch(sys.argv[1]))
