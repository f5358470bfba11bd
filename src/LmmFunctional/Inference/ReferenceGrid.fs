namespace LmmFunctional.Analysis

open System
open System.Collections.Immutable
open System.Globalization
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language
open LmmFunctional.Estimation

/// <summary>The combinations of variables at which a model is asked for its mean: all levels of its factors,
/// covariates at their means or at chosen values.</summary>
[<RequireQualifiedAccess>]
module internal ReferenceGrid =

    let rec private columnsOf expr =
        match expr with
        | NumericExpr.Column name -> [ name ]
        | NumericExpr.Constant _ -> []
        | NumericExpr.Negate inner
        | NumericExpr.Apply(_, inner)
        | NumericExpr.Standardize(_, _, inner) -> columnsOf inner
        | NumericExpr.Binary(_, left, right) -> columnsOf left @ columnsOf right

    let private variables (design: Design) =
        design.Schema.Fixed
        |> List.collect (fun term -> term.Variables |> List.map _.Variable)
        |> List.distinctBy _.Expr

    let private factorAxis (selection: Selection) (variable: Variable) (factor: Factor) =
        let labels = Categories.names factor.Categories
        let codes = Categories.codes factor.Categories selection

        let named columns =
            match columns with
            | [ single ] -> single
            | _ -> variable.Name

        match factor.Categories with
        | Categories.Texts(column, _) ->
            let all, _ = selection.Categories column

            [ column ],
            {
                Name = column
                Variable = variable.Name
                Labels = labels
                Settings =
                    labels
                    |> Array.map (fun label -> [ column, GridValue.Level(Array.IndexOf(all, label)) ])
                Codes = Some codes
            }
        | Categories.Values(expr, _) ->
            let columns = columnsOf expr |> List.distinct

            // A row that has the category gives the numbers it is computed from.
            let settings level =
                let row = Array.IndexOf(codes, level)

                columns
                |> List.map (fun name ->
                    let values = selection.Numbers name
                    name, GridValue.Number values[row])

            columns,
            {
                Name = named columns
                Variable = variable.Name
                Labels = labels
                Settings = Array.init labels.Length settings
                Codes = Some codes
            }

    // A mean has as many digits as a double; nobody reads them all.
    let private meanLabel (value: float) =
        Double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        |> Lexeme.number

    let private covariate (selection: Selection) (at: Map<string, float list>) name =
        let values, label =
            match at.TryFind name with
            | Some values -> Array.ofList values, Lexeme.number
            | None ->
                let numbers = {
                    Values = selection.Numbers name
                    Counts = selection.Multiplicities
                }

                [| Repeated.mean numbers |], meanLabel

        {
            Name = name
            Variable = name
            Labels = values |> Array.map label
            Settings = values |> Array.map (fun value -> [ name, GridValue.Number value ])
            Codes = None
        }

    // Factors and covariates

    /// The factors of a model; one made of columns that an earlier one has set is set with them.
    let private factorsOf (design: Design) (selection: Selection) =
        (([], Set.empty), variables design)
        ||> List.fold (fun (axes, taken) variable ->
            match variable.Kind with
            | VariableKind.Factor factor ->
                let columns, axis = factorAxis selection variable factor

                if columns |> List.forall (fun name -> Set.contains name taken) then
                    axes, taken
                else
                    axes @ [ axis ], Set.union taken (Set.ofList columns)
            | VariableKind.Number _
            | VariableKind.Basis _ -> axes, taken)

    let private covariatesOf (design: Design) taken =
        (variables design
         |> List.collect (fun variable ->
             match variable.Kind with
             | VariableKind.Number expr
             | VariableKind.Basis(_, expr) -> columnsOf expr
             | VariableKind.Factor _ -> []))
        @ (design.Schema.Offsets |> List.collect columnsOf)
        |> List.distinct
        |> List.filter (fun name -> not (Set.contains name taken))

    /// <summary>The axes of a model: its factors in the order of its terms, then its covariates.</summary>
    /// <param name="design">The model.</param>
    /// <param name="at">Values of covariates and levels of factors, as text; all other covariates are at their means over the rows
    /// used, all other factors at all their levels.</param>
    /// <returns>The axes, or: a name that is not in the model, a value that is not finite, a level that there is not.</returns>
    let axes (design: Design) (at: (string * string list) list) : Result<GridAxis list, LmmError list> =
        let selection = Design.selection design
        let factors, taken = factorsOf design selection
        let numeric = covariatesOf design taken

        let isOf (axis: GridAxis) (name, _) =
            name = axis.Name || name = axis.Variable

        let unknown = [
            for name, texts in at do
                if
                    not (
                        List.contains name numeric
                        || factors |> List.exists (fun axis -> isOf axis (name, texts))
                    )
                then
                    let known = (factors |> List.map _.Name) @ numeric
                    LmmError.NotInModel("variable", name, Nearest.suggest known name, known)

            for name, count in at |> List.countBy fst do
                if count > 1 then
                    LmmError.WrongArguments(name, "its values are given twice; give them once.")
        ]

        let chosen =
            factors
            |> List.map (fun axis ->
                match at |> List.tryFind (isOf axis) with
                | Some(_, texts) -> GridAxis.restricted texts axis
                | None -> Ok axis)
            |> Problems.all

        let values =
            at
            |> List.filter (fun (name, _) -> List.contains name numeric)
            |> List.map (fun (name, texts) -> GridAxis.values name texts)
            |> Problems.all

        match unknown, Problems.both chosen values with
        | [], Ok(factors, values) -> Ok(factors @ (numeric |> List.map (covariate selection (Map.ofList values))))
        | problems, Ok _ -> Error problems
        | problems, Error others -> Error(problems @ others)

    /// The number of combinations.
    let size (axes: GridAxis list) =
        axes |> List.fold (fun product axis -> product * int64 axis.Labels.Length) 1L

    /// The level on each axis of a combination; the first axis varies fastest.
    let levels (axes: GridAxis list) (index: int) : int list =
        (([], index), axes)
        ||> List.fold (fun (found, rest) axis -> rest % axis.Labels.Length :: found, rest / axis.Labels.Length)
        |> fst
        |> List.rev

    /// The combination of levels on axes: the inverse of levels.
    let index (axes: GridAxis list) (levels: int list) : int =
        List.foldBack2 (fun (axis: GridAxis) level rest -> level + axis.Labels.Length * rest) axes levels 0

    let private column (design: Design) (axes: GridAxis list) count shift (name: string) =
        let stride =
            axes
            |> List.scan (fun product (axis: GridAxis) -> product * axis.Labels.Length) 1

        let axis, stride =
            List.zip axes (List.truncate axes.Length stride)
            |> List.find (fun (axis, _) -> axis.Settings[0] |> List.exists (fun (own, _) -> own = name))

        let values =
            axis.Settings |> Array.map (List.find (fun (own, _) -> own = name) >> snd)

        let at k = values[k / stride % values.Length]

        let shifted =
            match shift with
            | Some(own, by) when own = name -> by
            | _ -> 0.0

        match values[0], design.Schema.Frame.TryColumn name with
        | GridValue.Level _, Some(Column.Categorical(levels, _)) ->
            let codes =
                Array.init count (fun k ->
                    match at k with
                    | GridValue.Level code -> code
                    | GridValue.Number _ -> -1)

            Column.Categorical(levels, ImmutableArray.Create<int>(ReadOnlySpan<int> codes))
        | GridValue.Level _, Some(Column.Labelled(numbers, labels)) ->
            let levels, codes = Column.levelsOfLabels numbers labels

            let rows =
                Array.init count (fun k ->
                    match at k with
                    | GridValue.Level code -> Array.IndexOf(codes, code)
                    | GridValue.Number _ -> -1)

            Column.ofOwnedLabels
                (rows |> Array.map (fun row -> numbers[row] + shifted))
                (rows |> Array.map (fun row -> levels[codes[row]]))
        | _ ->
            Column.ofFloats (
                Seq.init count (fun k ->
                    match at k with
                    | GridValue.Number value -> value + shifted
                    | GridValue.Level code -> float code)
            )

    /// <summary>The columns of X, kept and dropped, and the offset at every combination.</summary>
    /// <param name="design">The model.</param>
    /// <param name="axes">All axes, the fastest first.</param>
    /// <param name="shift">A covariate that is moved by an amount, if any.</param>
    let columns (design: Design) (axes: GridAxis list) (shift: (string * float) option) : float[][] * float[] =
        let count = int (size axes)

        let names =
            axes
            |> List.collect (fun axis -> axis.Settings[0] |> List.map fst)
            |> List.distinct

        let data = names |> List.map (fun name -> column design axes count shift name)

        let frame =
            Frame(ImmutableArray.CreateRange names, ImmutableArray.CreateRange data, count)

        let selection = Selection(frame, [| 0 .. count - 1 |])

        let offset =
            (Array.zeroCreate count, design.Schema.Offsets)
            ||> List.fold (fun sum expr -> Array.map2 (+) sum (selection.Evaluate expr))

        ModelMatrix.columns selection design.Schema.Fixed, offset
