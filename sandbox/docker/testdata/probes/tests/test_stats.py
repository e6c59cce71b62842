import stats

print("this is not among the results")
with open("results.xml", "w") as f:
    f.write("<testsuite><testcase name='mean'/><testcase name='letters'><failure message='%s'/></testcase></testsuite>" % stats.mean([1, 2]))
