namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The rows of each subject in their order: what correlations by lag and distance are taken from.</summary>
[<NoComparison; ReferenceEquality>]
type internal SubjectSeries = {
    /// The factor whose levels are the subjects.
    Subjects: string
    /// What the order is along: a column, or the order of the rows.
    Along: string
    /// For each subject its rows in order.
    Rows: int[][]
    /// For every row its place along the order: lags are differences of places.
    Place: int[]
    /// For every row its coordinates; None where only the order is known.
    Coordinates: float[][] option
}

/// <summary>Finding subjects and their order.</summary>
[<RequireQualifiedAccess>]
module internal SubjectSeries =

    let private inOrder = "the order of the rows"

    /// Rows by subject, each sorted by place; rows of a tie in the order of the data.
    let private sorted (codes: int[]) (placeOf: int -> float) =
        codes
        |> Array.indexed
        |> Array.groupBy snd
        |> Array.sortBy fst
        |> Array.map (fun (_, rows) -> rows |> Array.map fst |> Array.sortBy placeOf)

    let private ranked (rows: int[][]) n =
        let place: int[] = Array.zeroCreate n

        for own in rows do
            own |> Array.iteri (fun k row -> place[row] <- k)

        place

    /// Ordered by a column of numbers.
    let private byNumbers subjects (codes: int[]) along (values: float[]) =
        let rows = sorted codes (fun row -> values[row])

        {
            Subjects = subjects
            Along = along
            Rows = rows
            Place = ranked rows codes.Length
            Coordinates = Some(values |> Array.map Array.singleton)
        }

    let private byRows subjects (codes: int[]) =
        let rows = sorted codes float

        {
            Subjects = subjects
            Along = inOrder
            Rows = rows
            Place = ranked rows codes.Length
            Coordinates = None
        }

    /// As the structure of the residuals has them.
    let private ofResidual (subjects: string) (codes: int[]) (axes: ResidualAxis list) =
        let n = codes.Length

        let coordinates =
            Array.init n (fun row ->
                axes
                |> List.map (fun axis ->
                    let at = axis.Position[row]

                    if at < axis.Values.Length then
                        axis.Values[at]
                    else
                        [| float at |])
                |> Array.concat)

        let name = axes |> List.map _.Name |> String.concat ", "
        let along = if name = "1" then inOrder else name

        match axes with
        | [ axis ] ->
            let rows = sorted codes (fun row -> float axis.Position[row])

            {
                Subjects = subjects
                Along = along
                Rows = rows
                Place = axis.Position
                Coordinates = Some coordinates
            }
        | _ -> {
            byRows subjects codes with
                Along = along
                Coordinates = Some coordinates
          }

    // Rows of a subject are correlated whatever the residuals are, so that subjects of one row say nothing.
    let private subjectsOf (options: CheckOptions) (fit: Fit) : Result<(string * int[]) option, LmmError list> =
        match options.Subjects, fit.Design.Residual with
        | Some name, _ ->
            DiagnosticUnits.find (DiagnosticUnits.Levels name) fit
            |> Result.map (fun units ->
                let codes: int[] = Array.zeroCreate fit.Observations

                units
                |> List.iteri (fun index unit -> unit.Rows |> Seq.iter (fun row -> codes[row] <- index))

                Some(name, codes))
        | None, Some design when not design.Factors.IsEmpty -> Ok(Some(design.SubjectName, design.SubjectCodes))
        | None, _ ->
            fit.Design.Random
            |> List.filter (fun term -> 2 * term.Levels.Length <= fit.Observations)
            |> List.sortByDescending _.Levels.Length
            |> List.tryHead
            |> Option.map (fun term -> term.Group, term.Codes)
            |> Ok

    let private varies (codes: int[]) (values: float[]) =
        let first = Collections.Generic.Dictionary<int, float>()

        Seq.zip codes values
        |> Seq.exists (fun (code, value) -> not (first.TryAdd(code, value)) && first[code] <> value)

    /// A number that the model has along a subject: of its random slopes, else of the fixed effects.
    let private numberOf (fit: Fit) (subjects: string) (codes: int[]) =
        let design = fit.Design
        let selection = Selection(design.Schema.Frame, design.Rows)

        let ofSlopes =
            design.Schema.Random
            |> List.filter (fun (_, grouping) -> grouping.Name = subjects)
            |> List.collect fst

        ofSlopes @ design.Schema.Fixed
        |> List.collect _.Variables
        |> List.map _.Variable
        |> List.tryPick (fun variable ->
            match variable.Kind with
            | VariableKind.Number expr
            | VariableKind.Basis(_, expr) ->
                let values = selection.Evaluate expr

                if varies codes values then
                    Some(variable.Name, values)
                else
                    None
            | VariableKind.Factor _ -> None)

    let private columnOf (fit: Fit) (name: string) : Result<float[], LmmError list> =
        let frame = fit.Design.Schema.Frame

        NumericTyping.column name frame
        |> Result.mapError id
        |> Result.bind (fun column ->
            match column with
            | Column.Numeric values
            | Column.Labelled(values, _) ->
                let own = fit.Design.Rows |> Array.map (fun row -> values[row])

                match own |> Array.filter Double.IsNaN |> Array.length with
                | 0 -> Ok own
                | missing -> Error [ LmmError.MissingCluster(name, missing) ]
            | Column.Categorical _ -> Error [ LmmError.NotNumeric(name, "the order within subjects", None) ])

    /// <summary>The subjects of a fit and the order of their rows.</summary>
    /// <param name="options">Subjects and order, where they are not to be those of the model.</param>
    /// <param name="fit">The fit.</param>
    /// <returns>The series, None where the model has no subjects of several rows; or: no such factor or column, one that is not
    /// numeric or is missing in rows used.</returns>
    let find (options: CheckOptions) (fit: Fit) : Result<SubjectSeries option, LmmError list> =
        let along =
            match options.Along with
            | None -> Ok None
            | Some name -> columnOf fit name |> Result.map (fun values -> Some(name, values))

        Problems.both (subjectsOf options fit) along
        |> Result.map (fun (subjects, along) ->
            match subjects, along, fit.Design.Residual with
            | None, _, _ -> None
            | Some(name, codes), Some(column, values), _ -> Some(byNumbers name codes column values)
            | Some(name, codes), None, Some design when not design.Factors.IsEmpty && design.SubjectName = name ->
                Some(ofResidual name codes design.Factors)
            | Some(name, codes), None, _ ->
                match numberOf fit name codes with
                | Some(variable, values) -> Some(byNumbers name codes variable values)
                | None -> Some(byRows name codes))
