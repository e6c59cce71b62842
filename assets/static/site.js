import{b as t}from"./chunk-chunk-DYURYN3V.js";import"./chunk-chunk-MH2IMPJN.js";import"./chunk-chunk-RSUCPHGZ.js";import"./chunk-chunk-ZLODZYOK.js";t();
