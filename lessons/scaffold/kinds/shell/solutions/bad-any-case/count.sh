#!/bin/sh
grep -cix tea
