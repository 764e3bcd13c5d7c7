import { createApp } from './app.ts';
import { UNITS } from './config.ts';

createApp(UNITS).synth();
