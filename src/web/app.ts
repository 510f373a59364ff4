import express, { type Express } from 'express';
import { adminRouter } from './admin/router';
import { assets } from './assets';
import { administratorTranslator, translator } from '../locales';
import type { WebDeps } from './deps';
import { faultPage, unknownPath } from './faults';
import { requestLog } from './request-log';
import { csrf, readForm, refusePlainHttp, securityHeaders } from './security';
import { selfServiceRouter } from './self-service/router';
import { sessions } from './sessions';
import { readUploads } from './uploads';
import { chooseLanguage, installViews } from './views';

/** The web server's application; it never listens and opens no connection of its own. */
export function createApp(deps: WebDeps): Express {
  const { config, log } = deps;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.TRUST_PROXY);
  installViews(app, config);
  Object.assign(app.locals, { organisation: config.ORGANISATION, contact: config.CONTACT });

  app.use(requestLog(log), securityHeaders(config), chooseLanguage(config.DEFAULT_LANGUAGE, translator));
  app.use('/admin', chooseLanguage(config.DEFAULT_LANGUAGE, administratorTranslator));
  app.use('/assets', assets());
  app.get('/health', (_request, response) => {
    response.type('text/plain').send('ok');
  });
  app.get('/', (_request, response) => {
    response.redirect('/admin');
  });
  app.use(refusePlainHttp, readForm);
  app.use('/m', csrf(config, 'user'), selfServiceRouter(deps));
  // A form's token is checked when its fields have been read, a file's fields only for those who are signed in.
  app.use('/admin', sessions(deps), readUploads, csrf(config, 'administrator'), adminRouter(deps));
  app.use(unknownPath, faultPage(log));
  return app;
}
