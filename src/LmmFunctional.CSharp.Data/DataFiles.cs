using System.Data.Common;
using LmmFunctional.Data;
using ParquetFile = global::LmmFunctional.Data.Parquet;

namespace LmmFunctional.CSharp;

/// <summary>Data sets from files of every kind, databases and data frames.</summary>
/// <remarks>Every member throws <see cref="LmmException"/> with all problems of the source.</remarks>
public static class DataFiles
{
    /// <summary>A data set from a file: Parquet, Arrow or Excel by the end of its name, else CSV.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">How a CSV file is written; null for commas and decimal points.</param>
    /// <exception cref="LmmException">There is no such file, or it is damaged or of another kind.</exception>
    public static Frame Read(string path, CsvFormat? format = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Convert.ValueOrThrow(DataFileModule.readWith((format ?? CsvFormat.Default).ToOptions(), path));
    }

    /// <summary>A data set from a Parquet file.</summary>
    public static Frame ReadParquet(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Convert.ValueOrThrow(ParquetFile.read(path));
    }

    /// <summary>A data set from an Arrow file (Feather 2) or stream.</summary>
    public static Frame ReadArrow(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Convert.ValueOrThrow(Arrow.read(path));
    }

    /// <summary>A data set from a sheet of an Excel workbook.</summary>
    /// <param name="path">The workbook.</param>
    /// <param name="sheet">The name of the sheet; null for the first.</param>
    public static Frame ReadExcel(string path, string? sheet = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Convert.ValueOrThrow(sheet is null ? Excel.read(path) : Excel.readSheet(sheet, path));
    }

    /// <summary>A data set from the rows that a query of any ADO.NET driver returns.</summary>
    /// <param name="connect">Makes a connection, open or not, which is closed here.</param>
    /// <param name="sql">The query.</param>
    /// <param name="database">What to call the database in messages.</param>
    public static Frame Query(Func<DbConnection> connect, string sql, string database = "The database")
    {
        ArgumentNullException.ThrowIfNull(connect);
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(database);
        return Convert.ValueOrThrow(Database.query(database, SqlEngine.Connecting(connect), sql));
    }

    /// <summary>A data set from a <c>DataFrame</c> of Microsoft.Data.Analysis.</summary>
    public static Frame FromDataFrame(Microsoft.Data.Analysis.DataFrame table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return Convert.ValueOrThrow(MicrosoftDataFrame.toFrame(table));
    }

    /// <summary>A data set from a frame of Deedle.</summary>
    public static Frame FromDeedle<TRow, TColumn>(Deedle.Frame<TRow, TColumn> table)
        where TRow : notnull
        where TColumn : notnull
    {
        ArgumentNullException.ThrowIfNull(table);
        return Convert.ValueOrThrow(DeedleFrame.toFrame(table));
    }
}
