namespace LmmFunctional.CSharp;

/// <summary>Covariance structures between F# and C#.</summary>
internal static partial class Convert
{
    // What a name of the catalogue stands for; wrong arguments are the programmer's mistake.
    public static Structure NamedStructure(string name, IEnumerable<double> arguments)
    {
        var made = StructureCatalogue.make(name, FSharpList(arguments));
        return made.IsOk ? made.ResultValue : throw new ArgumentException(made.ErrorValue);
    }

    public static Structure Anisotropic(Structure structure) =>
        StructureWords.anisotropic(Along(structure, "h")).Correlations.Head.Structure;

    public static StructuredAlong Along(Structure structure, string column) =>
        new(FSharpList([Correlation(structure, [column])]), false);

    public static ResidualCorrelation Correlation(Structure structure, IReadOnlyList<string> along)
    {
        if (along.Count == 0 || along.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("Name at least one column, and none without a name.", nameof(along));
        }

        return new ResidualCorrelation(structure, Coordinates.NewVariables(FSharpList(along.Select(Expr.NewColumn))));
    }

    public static ResidualCorrelation RowOrder(Structure structure) => new(structure, Coordinates.RowOrder);

    public static RandomTerm WithStructure(RandomTerm term, Structure structure) =>
        new(term.Effects, term.Group, structure, term.Relationship, term.PerLevelOf);
}
