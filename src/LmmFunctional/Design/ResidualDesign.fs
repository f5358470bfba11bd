namespace LmmFunctional.Estimation

open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

/// <summary>One correlation of the residuals met with the data.</summary>
[<ReferenceEquality>]
type internal ResidualAxis = {
    Structure: Structure
    /// The coordinates as written: week, or latitude + longitude.
    Name: string
    /// For every row the index of its position.
    Position: int[]
    /// The names of the m positions.
    Labels: string[]
    /// The coordinates of the m positions: values where the structure takes values, else the index in the order.
    Values: float[][]
    /// How the order of the positions was found where the data do not say it plainly.
    Note: string option
}

/// <summary>What a variance function is computed from.</summary>
[<RequireQualifiedAccess; ReferenceEquality>]
type internal VarianceValues =
    /// The levels of a factor and every row's code.
    | Groups of levels: ImmutableArray<string> * codes: int[]
    /// A value for every row.
    | Covariate of float[]
    /// The fitted values, which are not known before a fit.
    | FittedValues

/// <summary>The structure of the residuals met with the data.</summary>
[<ReferenceEquality>]
type internal ResidualDesign = {
    Term: ResidualStructure
    /// The name of the subjects' factor; "all rows" when the rows are one subject.
    SubjectName: string
    Subjects: ImmutableArray<string>
    /// For every row the index of its subject.
    SubjectCodes: int[]
    /// One for each correlation; several make a Kronecker product, the first varying fastest.
    Factors: ResidualAxis list
    /// The factor with parameters for each of its levels: its name, its levels, and every row's code.
    Levels: (string * ImmutableArray<string> * int[]) option
    Variances: (VarianceFunction * VarianceValues) list
}

/// <summary>Building the structure of the residuals.</summary>
[<RequireQualifiedAccess>]
module internal ResidualDesign =

    let private oneSubject = "all rows"

    let private subjects (selection: Selection) within =
        match within with
        | None -> Ok(oneSubject, [| oneSubject |], Array.zeroCreate selection.Count)
        | Some term ->
            GroupingFactor.resolve selection term
            |> Result.map (fun (grouping, codes) -> grouping.Name, grouping.Levels, codes)

    let private axis (selection: Selection) subjectCodes (part: ResidualCorrelation) =
        let name = ResidualText.coordinates part.Along
        let call = $"{StructureText.name part.Structure}({name})"

        match part.Along with
        | Coordinates.RowOrder -> Ok(Positions.ofRowOrder subjectCodes)
        | Coordinates.Variables variables -> Positions.along call part.Structure selection variables
        |> Result.map (fun places -> {
            Structure = part.Structure
            Name = name
            Position = places.Codes
            Labels = places.Labels
            Values = places.Values
            Note = places.Note
        })

    /// For every row the first one of the same code, as a pair where that is another row: in the order of the rows.
    let private repeatsOf size (codes: int64[]) =
        let firsts =
            // A table where it is about as long as the data.
            if size <= 16L * int64 codes.Length then
                let table = Array.create (int size) -1

                fun (code: int64) row ->
                    if table[int code] < 0 then
                        table[int code] <- row

                    table[int code]
            else
                let table = Dictionary<int64, int>(codes.Length)

                fun code row -> if not (table.TryAdd(code, row)) then table[code] else row

        let repeats = ResizeArray<struct (int * int)>()

        for row in 0 .. codes.Length - 1 do
            let first = firsts codes[row] row

            if first <> row then
                repeats.Add(struct (first, row))

        List.ofSeq repeats

    /// Pairs of rows of one subject at one place.
    let private repeatsAt levels (codes: int[]) axes =
        let places = codes |> Array.map int64
        let mutable size = int64 levels

        for axis in axes do
            for row in 0 .. places.Length - 1 do
                places[row] <- places[row] + size * int64 axis.Position[row]

            size <- size * int64 axis.Labels.Length

        repeatsOf size places

    /// Whether some rows of a subject are at one place, as a nugget allows.
    let hasReplicates (design: ResidualDesign) =
        design.Term.HasNugget
        && not (repeatsAt design.Subjects.Length design.SubjectCodes design.Factors).IsEmpty

    // Two rows of one subject at one place would have correlation one.
    let private repeated (selection: Selection) hasSubjects (name, levels: string[], codes: int[]) axes =
        match repeatsAt levels.Length codes axes with
        | [] -> []
        | struct (before, row) :: others ->
            let position =
                axes
                |> List.map (fun axis ->
                    let label = axis.Labels[axis.Position[row]]

                    match axis.Name with
                    | "1" -> $"row {label}"
                    | name -> $"{name} {label}")
                |> String.concat ", "

            [
                LmmError.RepeatedPosition(
                    (if hasSubjects then Some(name, levels[codes[row]]) else None),
                    position,
                    (selection.Rows[before] + 1, selection.Rows[row] + 1),
                    others.Length
                )
            ]

    let private groups selection expr =
        VariableTyping.categories selection expr
        |> Result.bind (fun (categories, codes) ->
            match Categories.names categories with
            | [| _ |] -> Error [ LmmError.SingleLevel(VariableTyping.nameOf expr) ]
            | levels -> Ok(VarianceValues.Groups(ImmutableArray.CreateRange levels, codes)))

    let private variance (selection: Selection) variance =
        let call = ResidualText.variance variance

        let covariate mayBeZero covariate =
            match covariate with
            | VarianceCovariate.Fitted -> Ok VarianceValues.FittedValues
            | VarianceCovariate.Variable expr ->
                NumericTyping.resolve $"'{call}'" selection expr
                |> Result.bind (NumericTyping.finite (VariableTyping.nameOf expr) selection)
                |> Result.bind (fun values ->
                    match values |> Array.tryFindIndex ((=) 0.0) with
                    | Some index when not mayBeZero ->
                        Error [ LmmError.ZeroCovariate(call, selection.Rows[index] + 1) ]
                    | _ -> Ok(VarianceValues.Covariate values))

        match variance with
        | VarianceFunction.PerGroup expr -> groups selection expr
        | VarianceFunction.Power along -> covariate false along
        | VarianceFunction.Exponential along -> covariate true along
        | VarianceFunction.ConstantPower along -> covariate true along
        |> Result.map (fun values -> variance, values)

    // Whether correlations fall with distance, so that a nugget shows as a jump at distance zero.
    let private knowsDistance structure =
        let model = Catalogue.modelOf structure

        model.Entry.Coordinate <> StructureCoordinate.Levels
        && model.Steps = StepUse.Distance

    // What the structure itself does not allow, whatever the data.
    let private shape (structure: ResidualStructure) = [
        let entries =
            structure.Correlations
            |> List.map (fun part -> StructureCatalogue.ofStructure part.Structure)

        let text = ResidualText.correlations structure

        let needsSubjects =
            entries |> List.exists _.NeedsSubjects
            || structure.PerLevelOf.IsSome && not entries.IsEmpty

        if structure.Within.IsNone && needsSubjects then
            let withSubjects =
                ResidualText.correlations {
                    structure with
                        Within = Some(Term.ofExpr (Expr.Column "subject"))
                }

            LmmError.WithoutSubjects(text, withSubjects)

        let hasDistance =
            structure.Correlations |> List.exists (fun part -> knowsDistance part.Structure)

        if structure.HasNugget && not hasDistance then
            LmmError.NuggetWithoutDistance(
                if text = "" then
                    ResidualText.deparseStructure structure
                else
                    text
            )
    ]

    /// <summary>The structure of the residuals on the rows in use.</summary>
    /// <returns>The design, or all that is wrong: subjects that are missing, coordinates of the wrong kind or number, two
    /// rows of a subject at one position, a factor that varies within a subject.</returns>
    let build (selection: Selection) (structure: ResidualStructure) : Result<ResidualDesign, LmmError list> =
        let shape =
            match shape structure with
            | [] -> Ok()
            | problems -> Error problems

        let placed =
            subjects selection structure.Within
            |> Result.bind (fun (name, levels, codes) ->
                let perLevel =
                    match structure.PerLevelOf with
                    | None -> Ok None
                    // Without a correlation every row is a subject of its own.
                    | Some expr when structure.Correlations.IsEmpty ->
                        let rows = selection.Rows |> Array.map (fun row -> string (row + 1))

                        ConstantWithin.perLevel selection expr ("row", rows, Array.init rows.Length id)
                        |> Result.map Some
                    | Some expr ->
                        ConstantWithin.perLevel selection expr (name, levels, codes)
                        |> Result.map (fun (factor, own, ofSubject) ->
                            Some(factor, own, codes |> Array.map (fun code -> ofSubject[code])))

                let axes =
                    structure.Correlations
                    |> List.map (axis selection codes)
                    |> Problems.all
                    |> Result.bind (fun axes ->
                        let problems =
                            if axes.IsEmpty || structure.HasNugget then
                                []
                            else
                                repeated selection structure.Within.IsSome (name, levels, codes) axes

                        if problems.IsEmpty then Ok axes else Error problems)

                Problems.both axes perLevel
                |> Result.map (fun (axes, perLevel) -> (name, levels, codes), axes, perLevel))

        let variances = structure.Variances |> List.map (variance selection) |> Problems.all

        // A structure without its subjects would seem to repeat everywhere.
        match shape with
        | Error problems -> Error problems
        | Ok() ->
            Problems.both placed variances
            |> Result.map (fun (((name, levels, codes), axes, perLevel), variances) -> {
                Term = structure
                SubjectName = name
                Subjects = ImmutableArray.CreateRange levels
                SubjectCodes = codes
                Factors = axes
                Levels = perLevel
                Variances = variances
            })
