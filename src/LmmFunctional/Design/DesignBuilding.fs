namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Language

open System

/// <summary>Models met with their data.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Design =

    let private selectionOf (sums: RowSums option) frame rows =
        match sums with
        | Some sums -> Selection(frame, rows, Some sums.Multiplicities)
        | None -> Selection(frame, rows)

    /// The rows of a design, with how many rows of the data each stands for.
    let internal selection (design: Design) =
        selectionOf design.Sums design.Schema.Frame design.Rows

    // Rows

    /// Nothing, or the problem that something needs rows where there are sums of them.
    let internal needRows what (design: Design) : Result<unit, LmmError list> =
        match design.Sums with
        | Some _ -> Error [ LmmError.FitOfSums what ]
        | None -> Ok()

    /// <summary>Asks for rows where a problem cannot be told otherwise.</summary>
    /// <exception cref="T:System.ArgumentException">There are sums of rows only.</exception>
    let internal guardRows what (design: Design) =
        if design.Sums.IsSome then
            raise (ArgumentException(LmmError.describe (LmmError.FitOfSums what)))

    // Parts

    let private response (selection: Selection) (spec: LmmSpec) =
        let name = ExprText.deparse spec.Response

        NumericTyping.resolve "the response" selection spec.Response
        |> Result.bind (fun expr ->
            NumericTyping.finite name selection expr
            |> Result.bind (fun y ->
                // An offset may vary where the response does not.
                if spec.Fixed.Offsets.IsEmpty && y.Length > 1 && y |> Array.forall ((=) y[0]) then
                    Error [ LmmError.ConstantResponse name ]
                else
                    Ok(expr, y)))

    let private offset (selection: Selection) expr =
        let name = ExprText.deparse (Expr.Call("offset", [ None, expr ]))

        NumericTyping.resolve $"'{name}'" selection expr
        |> Result.bind (fun inner -> NumericTyping.finite name selection inner |> Result.map (fun _ -> inner))

    let private sumOffsets (selection: Selection) offsets =
        match offsets |> List.map selection.Evaluate with
        | [] -> None
        | known -> known |> List.reduce (Array.map2 (+)) |> Some

    // Equal terms are one term: their variances cannot be told apart, and each would take time.
    let private repeatedTerms (spec: LmmSpec) = [
        for term, count in spec.Random |> List.countBy id do
            if count > 1 then
                LmmError.RepeatedTerm(TermText.deparseRandom term, count)
    ]

    // Columns used as levels, and columns used as numbers.
    let private notesOf (frame: Frame) (spec: LmmSpec) (random: RandomDesign list) =
        let levels, numbers = Columns.roles frame spec

        [
            for name in levels do
                match frame.TryColumn name with
                | Some column -> yield! DataNotes.labels name column |> Option.toList
                | None -> ()

            for name in numbers do
                if DataNotes.isDateColumn frame name then
                    DataNotes.dates name

            for design in random do
                match design.Relationship, design.Term.Relationship with
                | Some relationship, Some name -> yield! DataNotes.unknownParents name relationship |> Option.toList
                | _ -> ()

                yield! design.Notes
        ]
        |> List.distinct

    // The model without its dots, on the rows that are left; the problems are those of all its parts.
    let private onRows (sums: RowSums option) known (selection: Selection) (spec: LmmSpec) =
        let hasWeights, observations =
            match sums with
            | Some sums -> sums.HasWeights, sums.Observations
            | None -> spec.Weights.IsSome, selection.Count

        let random =
            spec.Random
            |> List.map (RandomDesign.build known selection hasWeights observations)
            |> Problems.all

        let offsets = spec.Fixed.Offsets |> List.map (offset selection) |> Problems.all

        let residual =
            match spec.Residual with
            | ResidualTerm.Independent -> Ok None
            | ResidualTerm.Structured structure -> ResidualDesign.build selection structure |> Result.map Some

        Problems.both
            (Problems.both (response selection spec) offsets)
            (Problems.both (Problems.both (FixedDesign.build selection spec.Fixed) random) residual)
        |> Result.map (fun (((expr, y), offsets), (((fixedDesign, coding), random), residual)) -> {
            ResponseExpr = expr
            Response = y
            Offsets = offsets
            FixedDesign = fixedDesign
            FixedCoding = coding
            Random = random
            Residual = residual
        })

    // The word for all rows as one group, where the data have no column of that name.
    let private allRows = "all"

    /// The data, with a column of one level where a random term is of all rows.
    let private withAllRows (spec: LmmSpec) (frame: Frame) =
        let isAsked =
            spec.Random
            |> List.exists (fun term -> term.Group.Factors = [ Expr.Column allRows ])

        if isAsked && (frame.TryColumn allRows).IsNone && frame.Rows > 0 then
            let column = Column.factor [ allRows ] (Seq.replicate frame.Rows 0)
            Frame.withColumn allRows column frame |> Result.defaultValue frame
        else
            frame

    /// The design of what the parts of a model became.
    let private compose
        spec
        (model: LmmSpec)
        (frame: Frame)
        (rows: int[])
        missingRows
        weights
        sums
        selection
        (parts: Parts)
        =
        let arrays = DesignArrays frame

        let random, residual =
            arrays.OfParts(
                parts.Random
                |> List.collect (fun (design, _, _) -> design |> RandomDesign.inOrder |> RandomDesign.perLevel),
                parts.Residual
            )

        {
            Spec = spec
            Response = arrays.Own parts.Response
            Offset = sumOffsets selection parts.Offsets |> Option.map arrays.Own
            Weights =
                weights
                |> Option.map (fun (weights: float[]) -> rows |> Array.map (fun row -> weights[row]))
            Fixed = parts.FixedDesign
            Random = random
            Residual = residual
            Rows = rows
            MissingRows = missingRows
            ZeroWeightRows = frame.Rows - missingRows - rows.Length
            Sums = sums
            Notes = notesOf frame model [ for design, _, _ in parts.Random -> design ]
            Schema = {
                Frame = frame
                Response = parts.ResponseExpr
                Fixed = parts.FixedCoding
                Offsets = parts.Offsets
                Random = parts.Random |> List.map (fun (_, coded, grouping) -> coded, grouping)
            }
        }

    /// A model met with its data, of rows or of weighted rows that stand for others.
    let private meet (sums: RowSums option) known (spec: LmmSpec) (frame: Frame) : Result<Design, LmmError list> =
        let frame = withAllRows spec frame
        let model = Columns.expandDots frame spec
        let used = Columns.used frame model
        let missing, empty = Columns.missing frame used

        let missingRows =
            missing |> Array.sumBy (fun isMissing -> if isMissing then 1 else 0)

        let weights =
            match model.Weights with
            | None -> Ok None
            | Some name -> Columns.weights frame missing name |> Result.map Some

        let isKept =
            match weights with
            | Ok(Some weights) -> fun row -> not missing[row] && weights[row] > 0.0
            | Ok None
            | Error _ -> fun row -> not missing[row]

        let rows =
            let all = [| 0 .. frame.Rows - 1 |]

            if missingRows = 0 && model.Weights.IsNone then
                all
            else
                all |> Array.filter isKept

        let named =
            Problems.both
                (used |> List.map (fun name -> NumericTyping.column name frame) |> Problems.all)
                (Problems.both weights (Problems.unless (repeatedTerms model) ())
                 |> Result.map fst)

        let met =
            if not empty.IsEmpty then
                Error(empty |> List.map LmmError.AllMissing)
            elif missingRows = frame.Rows then
                Error [ LmmError.NoCompleteRows missingRows ]
            elif rows.Length < model.Fixed.Items.Length || rows.Length = 0 then
                Error [ LmmError.TooFewRows(rows.Length, model.Fixed.Items.Length) ]
            else
                let selection = selectionOf sums frame rows
                onRows sums known selection model |> Result.map (fun parts -> selection, parts)

        Problems.both named met
        |> Problems.told
        |> Result.map (fun ((_, weights), (selection, parts)) ->
            compose spec model frame rows missingRows weights sums selection parts)

    /// <summary>Meets a model with its data and known matrices.</summary>
    /// <param name="known">The matrices that relate the levels of random terms, by their names in the model. All levels of
    /// a matrix are levels of the term: those without a row in the data have effects too.</param>
    /// <param name="spec">The model.</param>
    /// <param name="frame">The data; rows that miss a used value or have weight zero are left out.</param>
    /// <returns>The design, or all problems at once: names that do not exist, text where numbers are needed, values
    /// that are not finite, a matrix that is not given or lacks levels, and what makes the model impossible to estimate.
    /// </returns>
    /// <remarks>X is n×p of full column rank, each Zᵢ is S columns of length n and n codes. Cost O(n p²).</remarks>
    let buildWith (known: Map<string, Relationship>) (spec: LmmSpec) (frame: Frame) : Result<Design, LmmError list> =
        meet None known spec frame

    /// <summary>Meets a model with weighted rows that stand for others.</summary>
    /// <param name="sums">What they stand for.</param>
    /// <param name="spec">The model, whose weights are those of the rows given.</param>
    /// <param name="frame">The weighted rows.</param>
    /// <returns>The design, or all problems at once, as <c>buildWith</c>.</returns>
    let internal buildOfSums (sums: RowSums) (spec: LmmSpec) (frame: Frame) : Result<Design, LmmError list> =
        meet (Some sums) Map.empty spec frame

    /// <summary>Meets a model without known matrices with its data.</summary>
    /// <returns>The design, or all problems at once, as <c>buildWith</c>.</returns>
    let build (spec: LmmSpec) (frame: Frame) : Result<Design, LmmError list> = buildWith Map.empty spec frame

    /// All notes on how the data were taken, those of the residuals' positions too.
    let notes (design: Design) : string list = [
        yield! design.Notes

        for residual in Option.toList design.Residual do
            for axis in residual.Factors do
                yield! Option.toList axis.Note
    ]
