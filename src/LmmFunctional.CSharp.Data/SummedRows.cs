using System.Data.Common;
using LmmFunctional.Data;

namespace LmmFunctional.CSharp;

/// <summary>The sums of some rows of the data that a model needs, whatever part of the data they are: a file, a partition, a
/// hospital. They hold no row; a combination of levels with a single row shows that row.</summary>
public sealed class SummedRows
{
    private SummedRows(Partial partial) => Inner = partial;

    internal Partial Inner { get; }

    /// <summary>Number of rows that were summed.</summary>
    public long Rows => Inner.Rows;

    /// <summary>Number of combinations of levels.</summary>
    public int Cells => Inner.Cells;

    /// <summary>The columns whose values are kept apart.</summary>
    public IReadOnlyList<string> Keys => Convert.List(Inner.Keys);

    /// <summary>The columns that are summed.</summary>
    public IReadOnlyList<string> Summed => Convert.List(Inner.Summed);

    /// <summary>The rows and cells: 180 rows in 18 cells.</summary>
    public override string ToString() => Inner.ToString()!;

    // Collecting

    /// <summary>The sums of a data set.</summary>
    /// <param name="model">The model: random terms of any kind over independent residuals.</param>
    /// <param name="frame">Some rows of the data.</param>
    /// <exception cref="LmmException">The model needs the rows themselves, or the columns do not suit it.</exception>
    public static SummedRows Collect(LmmModel model, Frame frame)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(frame);
        return new SummedRows(Convert.ValueOrThrow(PartialModule.collect(model.Inner, frame)));
    }

    /// <summary>The sums of the rows of a database; no row leaves it, and only SELECT is sent.</summary>
    /// <param name="model">The model: random terms of any kind over independent residuals.</param>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="engine">The database.</param>
    /// <param name="rows">The table or the query.</param>
    /// <param name="shards">Columns that say on which server a row lies, for a table on several; none for one server.</param>
    /// <exception cref="LmmException">The model needs the rows, the columns do not suit it, what the database says, or a table that
    /// changed between the queries.</exception>
    public static SummedRows Collect(
        LmmModel model,
        Func<DbConnection> connect,
        SqlEngine engine,
        SqlRows rows,
        params string[] shards)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(shards);
        var found = SqlSums.collectByShard(
            SqlEngine.Connecting(connect), engine.Dialect, Convert.FSharpList(shards), rows.Source, model.Inner);

        return new SummedRows(Convert.ValueOrThrow(found));
    }

    /// <summary>The sums of the rows of an Arrow file, read batch by batch.</summary>
    /// <param name="model">The model: random terms of any kind over independent residuals.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="LmmException">There is no such file, it is damaged, or it does not suit the model.</exception>
    public static SummedRows CollectArrow(LmmModel model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(path);
        return new SummedRows(Convert.ValueOrThrow(StreamedSums.ofArrow(path, model.Inner)));
    }

    /// <summary>The sums of the rows that a query of any ADO.NET driver returns, chunk by chunk: for databases whose SQL has no
    /// <see cref="SqlEngine"/>.</summary>
    /// <param name="model">The model: random terms of any kind over independent residuals.</param>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="sql">The query.</param>
    /// <param name="database">What to call the database in messages.</param>
    /// <exception cref="LmmException">What the database says, or rows that do not suit the model.</exception>
    public static SummedRows CollectRows(
        LmmModel model, Func<DbConnection> connect, string sql, string database = "The database")
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(database);
        var found = StreamedSums.ofQuery(database, SqlEngine.Connecting(connect), sql, model.Inner);
        return new SummedRows(Convert.ValueOrThrow(found));
    }

    /// <summary>What the sums of the rows of a database would cost; the database counts rows and cells.</summary>
    /// <param name="model">The model.</param>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="engine">The database.</param>
    /// <param name="rows">The table or the query.</param>
    /// <exception cref="LmmException">As <see cref="Collect(LmmModel, Func{DbConnection}, SqlEngine, SqlRows, string[])"/>.
    /// </exception>
    public static SumsPlan Plan(LmmModel model, Func<DbConnection> connect, SqlEngine engine, SqlRows rows)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(rows);
        var cost = SqlSums.cost(SqlEngine.Connecting(connect), engine.Dialect, rows.Source, model.Inner);
        return SumsPlan.Of(Convert.ValueOrThrow(cost));
    }

    // Adding

    /// <summary>The sums of the rows of both; levels are merged by name.</summary>
    /// <exception cref="LmmException">They were collected for different models.</exception>
    public static SummedRows operator +(SummedRows a, SummedRows b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return new SummedRows(Convert.ValueOrThrow(PartialModule.add(a.Inner, b.Inner)));
    }

    /// <summary>The sums with all levels of a column in a given order, the reference first.</summary>
    /// <exception cref="LmmException">The column is none that is kept apart, or has other levels.</exception>
    public SummedRows WithLevels(string column, params IEnumerable<string> levels)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(levels);
        return new SummedRows(Convert.ValueOrThrow(PartialModule.arrange(column, Convert.FSharpList(levels), Inner)));
    }

    /// <summary>The sums with a level of a column first.</summary>
    /// <exception cref="LmmException">The column is none that is kept apart, or does not have the level.</exception>
    public SummedRows Relevel(string column, string level)
    {
        ArgumentNullException.ThrowIfNull(column);
        ArgumentNullException.ThrowIfNull(level);
        return new SummedRows(Convert.ValueOrThrow(PartialModule.relevel(column, level, Inner)));
    }

    // Files

    /// <summary>Writes the sums to a file, as JSON that can be read.</summary>
    /// <exception cref="LmmException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Convert.Throw(PartialModule.save(path, Inner));
    }

    /// <summary>Reads sums from a file.</summary>
    /// <exception cref="LmmException">There is no such file, or it is damaged or of another kind.</exception>
    public static SummedRows Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new SummedRows(Convert.ValueOrThrow(PartialModule.load(path)));
    }

    // Fitting

    /// <summary>Fits a model to these sums, as if to the rows.</summary>
    /// <param name="model">The model for which they were collected, or one that needs no more of the data.</param>
    /// <param name="by">What is maximised.</param>
    /// <param name="progress">Called with every iteration as it is made.</param>
    /// <param name="cancellationToken">Stops the fit between two iterations.</param>
    /// <returns>The fit. What needs rows, such as residuals, throws and says so.</returns>
    /// <exception cref="LmmException">The sums do not suit the model.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public FittedLmm Fit(
        LmmModel model,
        FitBy by = FitBy.Reml,
        Action<SolverIteration>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var options = Convert.Options(
            by, SolverAlgorithm.AverageInformation, progress, null, null, null, null, null, null, cancellationToken);

        var fit = PartialModule.fitOf(options, model.Inner, Convert.FSharpList([Inner]));
        return new FittedLmm(Convert.ValueOrThrow(fit).Fit);
    }
}
