#!/bin/sh
grep -c tea
