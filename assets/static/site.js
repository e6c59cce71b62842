import{b as t}from"./chunk-chunk-6S2RJJVA.js";import"./chunk-chunk-RSUCPHGZ.js";import"./chunk-chunk-MH2IMPJN.js";import"./chunk-chunk-WAEE3VNN.js";import"./chunk-chunk-ZLODZYOK.js";t();
