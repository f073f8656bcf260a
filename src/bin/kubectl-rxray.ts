#!/usr/bin/env node
// kubectl finds its plugins by this name on the PATH: `kubectl rxray` runs it.
import '../main.js';
