#!/bin/sh
grep -cx tea
