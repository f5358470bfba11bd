namespace LmmFunctional.CSharp;

/// <summary>Known matrices that relate the levels of random terms.</summary>
public static class Relationships
{
    /// <summary>The matrix in a CSV file: dense with a column for each level, or a list of elements.</summary>
    /// <param name="path">A file whose columns are <c>row, column, value</c>, or <c>row, column, inverse</c> for the
    /// elements of its inverse, or the levels.</param>
    /// <exception cref="LmmException">The file cannot be read, or it holds no covariance matrix.</exception>
    public static Relationship ReadCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Convert.ValueOrThrow(RelationshipTable.read(path));
    }

    /// <summary>The matrix in a file, compressed by gzip or not.</summary>
    /// <param name="path">A file as for the other member.</param>
    /// <param name="format">How the file is written.</param>
    /// <exception cref="LmmException">The file cannot be read, or it holds no covariance matrix.</exception>
    public static Relationship ReadCsv(string path, CsvFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        return Convert.ValueOrThrow(RelationshipTable.readWith(format.ToOptions(), path));
    }

    /// <summary>The relationship matrix of a pedigree in a file with the columns animal, sire, dam.</summary>
    /// <param name="path">Animals in any order; unknown parents as for the other member.</param>
    /// <param name="format">How the file is written.</param>
    /// <exception cref="LmmException">The file cannot be read, or an animal is its own ancestor or occurs twice.</exception>
    public static Relationship ReadPedigree(string path, CsvFormat format)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        return RelationshipModule.ofPedigree(Convert.ValueOrThrow(PedigreeModule.readWith(format.ToOptions(), path)));
    }

    /// <summary>The relationship matrix of a pedigree in a CSV file with the columns animal, sire, dam.</summary>
    /// <param name="path">Animals in any order; an unknown parent is empty, NA or 0, or one of the usual codes: ".", "*",
    /// "-", "?", "00", "N/A", "none", "unknown", "-9" and their like.</param>
    /// <exception cref="LmmException">The file cannot be read, or an animal is its own ancestor or occurs twice.</exception>
    public static Relationship ReadPedigree(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return RelationshipModule.ofPedigree(Convert.ValueOrThrow(PedigreeModule.read(path)));
    }

    /// <summary>The relationship matrix of animals with their parents.</summary>
    /// <param name="rows">Animals in any order; an unknown parent is null, empty or "0", or one of the usual codes.</param>
    /// <exception cref="LmmException">An animal is its own ancestor, occurs twice or has no name.</exception>
    public static Relationship FromPedigree(IEnumerable<(string Animal, string? Sire, string? Dam)> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var triples = rows.Select(row => Tuple.Create(row.Animal, row.Sire ?? "", row.Dam ?? ""));
        return RelationshipModule.ofPedigree(Convert.ValueOrThrow(PedigreeModule.ofRows(triples)));
    }

    /// <summary>A dense matrix, positive semidefinite.</summary>
    /// <param name="levels">The levels, in the order of the rows.</param>
    /// <param name="matrix">Covariances up to the variance, q by q.</param>
    /// <exception cref="LmmException">The matrix is not square, not symmetric or not positive semidefinite.</exception>
    public static Relationship FromMatrix(IEnumerable<string> levels, double[,] matrix)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(matrix);
        return Convert.ValueOrThrow(RelationshipModule.ofMatrix(levels, MatrixModule.ofArray2D(matrix)));
    }

    /// <summary>A matrix given by its sparse inverse.</summary>
    /// <param name="elements">One or both triangles of the inverse, zeros left out.</param>
    /// <exception cref="LmmException">The inverse is not positive definite, or an element has two values.</exception>
    public static Relationship FromInverse(IEnumerable<(string Row, string Column, double Value)> elements)
    {
        ArgumentNullException.ThrowIfNull(elements);
        var triples = elements.Select(element => Tuple.Create(element.Row, element.Column, element.Value));
        return Convert.ValueOrThrow(RelationshipModule.ofInverse(triples));
    }
}
