#!/usr/bin/env node
// The launchers of some package managers call this file by its path: so its name has to say which command is meant.
import '../main.js';
