import io.trino.plugin.hive.HiveConnectorFactory;
import io.trino.spi.Plugin;
import io.trino.spi.connector.ConnectorFactory;
import java.util.List;

/** The connector for Hive as a plugin: Trino's own class for this is made by its build and is in no jar. */
public class HivePlugin implements Plugin {
  @Override
  public Iterable<ConnectorFactory> getConnectorFactories() {
    return List.of(new HiveConnectorFactory());
  }
}
