// Drives a JDBC driver by the lines that README.md explains. Usage: java Client.java mariadb|mysql HOST PORT
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class Client {
    private static final Map<String, Connection> CONNECTIONS = new HashMap<>();
    private static final Map<String, String> IDS = new HashMap<>();
    private static final Pattern REFERENCE = Pattern.compile("\\{(\\w+)\\}");

    private static String show(Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof byte[]) {
            StringBuilder hex = new StringBuilder("0x");
            for (byte each : (byte[]) value) {
                hex.append(String.format("%02x", each));
            }
            return hex.toString();
        }
        return value.getClass().getSimpleName() + " " + value;
    }

    private static String table(ResultSet rows) throws SQLException {
        ResultSetMetaData meta = rows.getMetaData();
        List<String> names = new ArrayList<>();
        for (int index = 1; index <= meta.getColumnCount(); index++) {
            names.add(String.join("/", meta.getColumnLabel(index), meta.getColumnTypeName(index),
                String.valueOf(meta.getPrecision(index)), String.valueOf(meta.getScale(index)),
                String.valueOf(meta.isNullable(index)), String.valueOf(meta.isSigned(index))));
        }
        List<String> lines = new ArrayList<>();
        while (rows.next()) {
            List<String> shown = new ArrayList<>();
            for (int index = 1; index <= meta.getColumnCount(); index++) {
                shown.add(show(rows.getObject(index)));
            }
            lines.add("(" + String.join(", ", shown) + ")");
        }
        return "rows " + String.join("|", names) + ": " + String.join(" ", lines);
    }

    private static String results(Statement statement, boolean isRows) throws SQLException {
        List<String> all = new ArrayList<>();
        boolean more = isRows;
        while (true) {
            if (more) {
                all.add(table(statement.getResultSet()));
            } else {
                int affected = statement.getUpdateCount();
                if (affected == -1) {
                    break;
                }
                all.add("ok affected=" + affected + " warnings=" + (statement.getWarnings() != null));
            }
            more = statement.getMoreResults();
        }
        return String.join(" ; ", all);
    }

    private static String prepared(Connection link, List<String> words) throws SQLException {
        try (PreparedStatement statement = link.prepareStatement(words.get(0))) {
            for (int index = 1; index < words.size(); index++) {
                statement.setString(index, words.get(index));
            }
            return results(statement, statement.execute());
        }
    }

    private static String query(Connection link, String sql) throws SQLException {
        try (Statement statement = link.createStatement()) {
            return results(statement, statement.execute(sql));
        }
    }

    private static String act(String kind, String host, String port, String name, String verb, List<String> words)
        throws SQLException {
        if (verb.equals("connect")) {
            String options = "?allowMultiQueries=true&allowPublicKeyRetrieval=true&useServerPrepStmts=true"
                + "&serverTimezone=UTC&connectionTimeZone=UTC&sslMode=DISABLED";
            if (kind.equals("mariadb")) {
                options = options.replace("&sslMode=DISABLED", "");
            }
            String url = "jdbc:" + kind + "://" + host + ":" + port + "/" + words.get(2) + options;
            Connection link = DriverManager.getConnection(url, words.get(0), words.get(1));
            CONNECTIONS.put(name, link);
            try (Statement statement = link.createStatement();
                ResultSet rows = statement.executeQuery("SELECT CONNECTION_ID()")) {
                rows.next();
                IDS.put(name, rows.getString(1));
            }
            return "ok";
        }
        Connection link = CONNECTIONS.get(name);
        switch (verb) {
            case "query":
            case "multi":
            case "multi_fails":
                return query(link, words.get(0));
            case "param":
            case "prepare":
                return prepared(link, words);
            case "ping":
                return link.isValid(5) ? "ok" : "no";
            case "begin":
                link.setAutoCommit(false);
                return "ok";
            case "commit":
                link.commit();
                link.setAutoCommit(true);
                return "ok";
            case "rollback":
                link.rollback();
                link.setAutoCommit(true);
                return "ok";
            case "autocommit":
                link.setAutoCommit(words.get(0).equals("1"));
                return "ok " + link.getAutoCommit();
            case "use":
                link.setCatalog(words.get(0));
                return "ok " + link.getCatalog();
            case "isolation":
                link.setTransactionIsolation(Integer.parseInt(words.get(0)));
                return "ok " + link.getTransactionIsolation();
            case "read_only":
                link.setReadOnly(words.get(0).equals("1"));
                return "ok " + link.isReadOnly();
            case "server":
                return "text " + link.getMetaData().getDatabaseProductName() + " "
                    + link.getMetaData().getDatabaseMajorVersion() + "." + link.getMetaData().getDatabaseMinorVersion();
            case "quit":
                link.close();
                return "ok";
            default:
                return "unsupported";
        }
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        DriverManager.setLoginTimeout(20);
        out.println("Java " + Runtime.version().feature() + " jdbc:" + arguments[0] + " "
            + DriverManager.getDriver("jdbc:" + arguments[0] + "://localhost/").getMajorVersion());
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            List<String> words = new ArrayList<>(Arrays.asList(line.split("\t", -1)));
            for (int index = 2; index < words.size(); index++) {
                Matcher found = REFERENCE.matcher(words.get(index));
                words.set(index, found.replaceAll(hit -> IDS.getOrDefault(hit.group(1), hit.group())));
            }
            String answer;
            try {
                answer = act(arguments[0], arguments[1], arguments[2], words.get(0), words.get(1),
                    words.subList(2, words.size()));
            } catch (SQLException error) {
                answer = "error " + error.getErrorCode() + " " + error.getSQLState() + " " + error.getMessage();
            }
            out.println(answer.replace("\n", "\\n").replace("\r", "\\r"));
        }
        System.exit(0);
    }
}
