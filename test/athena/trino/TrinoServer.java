import io.trino.server.Server;

/** Trino that ends when its standard input does: no test run, however it ended, leaves one behind. */
class TrinoServer {
  public static void main(String[] args) {
    var watch =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {}
              } catch (java.io.IOException closed) {
                // As good as its end.
              }
              Runtime.getRuntime().halt(0);
            });
    watch.setDaemon(true);
    watch.start();
    new Server().start(args[0]);
  }
}
