import locale, sys
print(locale.setlocale(locale.LC_ALL), locale.getpreferredencoding(), sys.getfilesystemencoding(), sys.getdefaultencoding())
for s in (sys.stdin, sys.stdout, sys.stderr):
    print(s.encoding, s.errors, s.line_buffering, s.write_through, s.newlines, s.isatty(), s.seekable(), s.name, s.mode)
print("ö", repr(sys.stdin.readline()), repr(input()), file=sys.stdout)
try:
    while True:
        print(input())
except EOFError as e:
    print(repr(e))
