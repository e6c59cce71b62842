import sys

import requests


def fetch(url):
    answer = requests.get(url)
    answer.raise_for_status()
    return answer.text.strip()


if __name__ == "__main__":
    print(fetch(sys.argv[1]))
