using LmmFunctional.Data;

namespace LmmFunctional.CSharp;

/// <summary>Rows that lie in a database: a table, or what a query returns.</summary>
public sealed class SqlRows
{
    private SqlRows(SqlSource source) => Source = source;

    internal SqlSource Source { get; }

    /// <summary>A table by its name, or by its schema and name.</summary>
    /// <exception cref="ArgumentException">There is no name.</exception>
    public static SqlRows Table(params string[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);

        if (parts.Length == 0 || parts.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("Name the table, or its schema and the table.", nameof(parts));
        }

        return new SqlRows(SqlSource.NewTable(Convert.FSharpList(parts)));
    }

    /// <summary>The rows that a SELECT statement returns.</summary>
    public static SqlRows Query(string select)
    {
        ArgumentException.ThrowIfNullOrEmpty(select);
        return new SqlRows(SqlSource.NewQuery(select));
    }
}
