"""What could be wrong with an estimate: influence, noise, unmeasured causes, withheld counts, too little power."""
