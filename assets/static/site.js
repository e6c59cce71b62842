import{b as t}from"./chunk-chunk-JHFI4Q25.js";import"./chunk-chunk-MH2IMPJN.js";import"./chunk-chunk-RSUCPHGZ.js";import"./chunk-chunk-CXF5KGGI.js";t();
