using System.Data.Common;
using LmmFunctional.Data;
using Microsoft.FSharp.Core;

namespace LmmFunctional.CSharp;

/// <summary>A database that sums rows, by the SQL that it reads.</summary>
public sealed class SqlEngine
{
    private SqlEngine(SqlDialect dialect) => Dialect = dialect;

    internal SqlDialect Dialect { get; }

    /// <summary>DuckDB.</summary>
    public static SqlEngine DuckDb { get; } = new(SqlDialectModule.duckDb);

    /// <summary>PostgreSQL 11 and later, and what speaks its language.</summary>
    public static SqlEngine PostgreSql { get; } = new(SqlDialectModule.postgreSql);

    /// <summary>A database that reads standard SQL.</summary>
    /// <param name="name">What to call it in messages.</param>
    public static SqlEngine Standard(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new SqlEngine(SqlDialectModule.standard(name));
    }

    /// <summary>A database that writes some things in its own way.</summary>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="quote">An identifier in quotes that no name can end; null for double quotes.</param>
    /// <param name="toDouble">An expression as a number in double precision; null for a cast of the standard.</param>
    /// <param name="isNaN">Whether a number is NaN; null for a comparison with NaN.</param>
    /// <param name="log">The natural logarithm; null for LN.</param>
    public static SqlEngine With(
        string name,
        Func<string, string>? quote = null,
        Func<string, string>? toDouble = null,
        Func<string, string>? isNaN = null,
        Func<string, string>? log = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var standard = SqlDialectModule.standard(name);

        return new SqlEngine(
            new SqlDialect(
                name,
                quote is null ? standard.Quote : Convert.Function(quote),
                toDouble is null ? standard.ToDouble : Convert.Function(toDouble),
                isNaN is null ? standard.IsNaN : Convert.Function(isNaN),
                log is null ? standard.Log : Convert.Function(log),
                standard.Fingerprint));
    }

    /// <summary>The name of the database in messages.</summary>
    public override string ToString() => Dialect.Name;

    internal static FSharpFunc<Unit, DbConnection> Connecting(Func<DbConnection> connect) =>
        FuncConvert.FromFunc(connect);
}
