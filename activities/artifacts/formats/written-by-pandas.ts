/** The remedy for a file of rows that pandas reads and this program does not. @param reader the name of its function */
export function writtenByPandas(reader: 'read_parquet' | 'read_csv' | 'read_table'): string {
  return `Write its rows as JSON lines first: python -c "import pandas, sys; pandas.${reader}(sys.argv[1]).to_json('rows.jsonl', orient='records', lines=True)" FILE.`;
}
